export function UseView({ projectId }: { projectId: string }) {
  return <main data-project={projectId} />;
}
