export function TeacherView({ projectId }: { projectId: string }) {
  return <main data-project={projectId} />;
}
