export function StudentView({ projectId }: { projectId: string }) {
  return <main data-project={projectId} />;
}
