/**
 * Properties of the project that all parts of its screens need. For a read-only project, this is stated once, and controls that
 * would change it are disabled.
 */
import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext } from 'react';
import { api, read } from '../client.ts';
import { text } from '../text/en.ts';
import styles from './writing.module.css';

/** Why the project cannot be changed; null if it can. */
const ReadOnly = createContext<string | null>(null);
const HoldsClips = createContext(false);

export function useProject(projectId: string | null) {
  return useQuery({
    queryKey: ['project', projectId, 'name'],
    queryFn: () => read(api.projects[':project'].$get({ param: { project: projectId ?? '' } })),
    enabled: projectId !== null,
  });
}

export function ProjectAccess({
  projectId,
  children,
}: {
  readonly projectId: string | null;
  readonly children: ReactNode;
}) {
  const { data: project } = useProject(projectId);
  const reason = project?.readOnly ?? null;
  return (
    <ReadOnly.Provider value={reason}>
      {reason !== null && (
        <div className={styles.notice} role="status">
          {text.shell.readOnly(reason)}
        </div>
      )}
      <HoldsClips.Provider value={(project?.clipFrames ?? null) !== null}>{children}</HoldsClips.Provider>
    </ReadOnly.Provider>
  );
}

/** Read by every picture of a grid, and therefore from a context, not from the workbench. */
export function useHoldsClips(): boolean {
  return useContext(HoldsClips);
}

/** Wraps buttons and fields that change the project. */
export function Writes({ children }: { readonly children: ReactNode }) {
  const reason = useContext(ReadOnly);
  return (
    <fieldset className={styles.writes} disabled={reason !== null} title={reason ?? undefined}>
      {children}
    </fieldset>
  );
}
