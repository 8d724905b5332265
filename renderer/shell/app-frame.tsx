/** The frame around every screen: the method's steps in order, jobs and devices, and the connection to the workbench. */
import { Text } from '@mantine/core';
import { useSessionStorage } from '@mantine/hooks';
import {
  IconArrowsSort,
  IconBriefcase,
  IconCpu,
  IconFlask,
  IconFolder,
  IconHome,
  IconKeyboard,
  IconListCheck,
  IconPackageExport,
  IconScale,
  IconSchool,
  IconUser,
} from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { ProjectAccess } from '../components/writing.tsx';
import { isEnded, useCollectionFitness, useJobs, useRuns } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';
import { type PathStep, pathOf, type StepState } from '../training/method-path.ts';
import styles from './app-frame.module.css';
import { useConnection } from './live-events.ts';
import { ProjectSwitcher } from './project-switcher.tsx';

const STEPS = [
  ['collection', IconFolder],
  ['hand-labelling', IconKeyboard],
  ['teacher', IconSchool],
  ['scoring', IconListCheck],
  ['ranks', IconArrowsSort],
  ['student', IconUser],
  ['compare', IconScale],
  ['experiments', IconFlask],
  ['use', IconPackageExport],
] as const;

export function AppFrame({ projectId, children }: { readonly projectId: string | null; readonly children: ReactNode }) {
  const words = text.shell;
  const lost = useConnection(({ state }) => state === 'lost');
  const content = useFocusOnNewScreen();
  const shown = useShownProject(projectId);
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        {words.skip}
      </a>
      <nav className={styles.side} aria-label={words.navigation}>
        {shown === null ? (
          <Text className={styles.project ?? ''} fw={650}>
            {words.product}
          </Text>
        ) : (
          <ProjectSwitcher projectId={shown} />
        )}
        {shown !== null && (
          <div className={styles.steps}>
            <Steps projectId={shown} />
          </div>
        )}
        <div className={styles.end}>
          <JobsLink />
          <FrameLink to="/devices" icon={<IconCpu size={18} aria-hidden="true" />}>
            {words.views.devices}
          </FrameLink>
          <FrameLink to="/" icon={<IconHome size={18} aria-hidden="true" />}>
            {words.allProjects}
          </FrameLink>
        </div>
      </nav>
      <main ref={content} id="content" className={styles.content} tabIndex={-1}>
        {lost && (
          <div className={styles.lost} role="alert">
            {words.lost}
          </div>
        )}
        <ProjectAccess projectId={projectId}>{children}</ProjectAccess>
      </main>
    </div>
  );
}

function Steps({ projectId }: { readonly projectId: string }) {
  const path = useMethodPath(projectId);
  const words = text.shell;
  return STEPS.map(([view, Icon]) => {
    const state = path?.[view as PathStep];
    return (
      <FrameLink
        key={view}
        to={`/projects/${projectId}/${view}`}
        icon={<Icon size={18} aria-hidden="true" />}
        {...(state === undefined ? {} : { title: words.path[state] })}
      >
        {words.views[view]}
        {state !== undefined && (
          <span className={styles.step} data-state={state} aria-hidden="true">
            {MARKS[state]}
          </span>
        )}
      </FrameLink>
    );
  });
}

const MARKS: Readonly<Record<StepState, string>> = { done: '✓', now: '●', next: '→', waits: '…' };

/** Undefined until all of it is known. */
function useMethodPath(projectId: string) {
  const collection = useCollectionFitness(projectId);
  const { data: runs } = useRuns(projectId);
  const { data: jobs = [] } = useJobs();
  if (collection === undefined || runs === undefined) return undefined;
  return pathOf({ fit: collection, runs, jobs: jobs.filter((job) => job.projectId === projectId) });
}

/** The link that led to a screen often disappears with the old one: the Tab key continues from the new screen's start. */
function useFocusOnNewScreen() {
  const content = useRef<HTMLElement>(null);
  const [location] = useLocation();
  const shown = useRef(location);
  useEffect(() => {
    if (shown.current === location) return;
    shown.current = location;
    content.current?.focus({ preventScroll: true });
  }, [location]);
  return content;
}

/** Jobs and devices belong to no project: the link back to the last one stays. */
function useShownProject(projectId: string | null): string | null {
  const [location] = useLocation();
  const [last, setLast] = useSessionStorage<string | null>({
    key: 'understudy.project',
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  useEffect(() => {
    if (projectId !== null) setLast(projectId);
  }, [projectId, setLast]);
  return projectId ?? (location === '/jobs' || location === '/devices' ? last : null);
}

function JobsLink() {
  const { data: jobs = [] } = useJobs();
  const underWay = jobs.filter((job) => !isEnded(job) && job.state !== 'interrupted').length;
  return (
    <FrameLink to="/jobs" icon={<IconBriefcase size={18} aria-hidden="true" />}>
      {text.shell.views.jobs}
      {underWay > 0 && (
        <span className={styles.badge} title={text.shell.runningJobs(underWay)}>
          {underWay}
        </span>
      )}
    </FrameLink>
  );
}

function FrameLink({
  to,
  icon,
  title,
  children,
}: {
  readonly to: string;
  readonly icon: ReactNode;
  readonly title?: string;
  readonly children: ReactNode;
}) {
  const [location] = useLocation();
  return (
    <Link
      className={styles.link ?? ''}
      href={to}
      aria-current={location === to ? 'page' : undefined}
      {...(title === undefined ? {} : { title })}
    >
      {icon}
      {children}
    </Link>
  );
}
