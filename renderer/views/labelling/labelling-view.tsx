export function LabellingView({ projectId }: { readonly projectId: string }) {
  return <div data-project={projectId} />;
}
