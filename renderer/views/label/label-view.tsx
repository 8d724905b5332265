export function LabelView({ projectId }: { projectId: string }) {
  return <main data-project={projectId} />;
}
