export function CompareView({ projectId }: { projectId: string }) {
  return <main data-project={projectId} />;
}
