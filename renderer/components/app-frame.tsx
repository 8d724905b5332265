/** The frame around every screen: the method's steps in their order, jobs and devices, and whether the workbench answers. */
import { Text } from '@mantine/core';
import {
  IconArrowsSort,
  IconBriefcase,
  IconCpu,
  IconFolder,
  IconHome,
  IconKeyboard,
  IconListCheck,
  IconPackageExport,
  IconScale,
  IconSchool,
  IconUser,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { api, read } from '../client.ts';
import { useConnection } from '../live-events.ts';
import { text } from '../text/en.ts';
import { isEnded, useJobs } from '../training/queries.ts';
import styles from './app-frame.module.css';

const STEPS = [
  ['collection', IconFolder],
  ['labelling', IconKeyboard],
  ['teacher', IconSchool],
  ['label', IconListCheck],
  ['ranks', IconArrowsSort],
  ['student', IconUser],
  ['compare', IconScale],
  ['use', IconPackageExport],
] as const;

export function AppFrame({ projectId, children }: { readonly projectId: string | null; readonly children: ReactNode }) {
  const words = text.shell;
  const lost = useConnection(({ state }) => state === 'lost');
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        {words.skip}
      </a>
      <nav className={styles.side} aria-label={words.navigation}>
        <ProjectName projectId={projectId} />
        {projectId !== null &&
          STEPS.map(([view, Icon]) => (
            <FrameLink key={view} to={`/projects/${projectId}/${view}`} icon={<Icon size={18} aria-hidden="true" />}>
              {words.views[view]}
            </FrameLink>
          ))}
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
      <main id="content" className={styles.content} tabIndex={-1}>
        {lost && (
          <div className={styles.lost} role="alert">
            {words.lost}
          </div>
        )}
        {children}
      </main>
    </div>
  );
}

function ProjectName({ projectId }: { readonly projectId: string | null }) {
  const { data } = useQuery({
    queryKey: ['project', projectId, 'name'],
    queryFn: () => read(api.projects[':project'].$get({ param: { project: projectId ?? '' } })),
    enabled: projectId !== null,
  });
  return (
    <Text className={styles.project ?? ''} fw={650} title={data?.folder ?? ''}>
      {projectId === null ? text.shell.product : (data?.name ?? '…')}
    </Text>
  );
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
  children,
}: {
  readonly to: string;
  readonly icon: ReactNode;
  readonly children: ReactNode;
}) {
  const [location] = useLocation();
  return (
    <Link className={styles.link ?? ''} href={to} aria-current={location === to ? 'page' : undefined}>
      {icon}
      {children}
    </Link>
  );
}
