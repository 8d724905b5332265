export function RanksView({ projectId }: { readonly projectId: string }) {
  return <div data-project={projectId} />;
}
