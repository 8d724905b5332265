/**
 * What a project is, for all that is on its screens. Of one that may only be looked at this is said once, and what would change
 * it cannot be pressed.
 */
import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext } from 'react';
import { api, read } from '../client.ts';
import { text } from '../text/en.ts';
import styles from './writing.module.css';

/** Why nothing of the project can be changed; null where it can. */
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

/** Asked by every picture of a grid, and so not of the workbench. */
export function useHoldsClips(): boolean {
  return useContext(HoldsClips);
}

/** Around buttons and fields that change the project. */
export function Writes({ children }: { readonly children: ReactNode }) {
  const reason = useContext(ReadOnly);
  return (
    <fieldset className={styles.writes} disabled={reason !== null} title={reason ?? undefined}>
      {children}
    </fieldset>
  );
}
