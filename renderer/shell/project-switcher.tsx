/** The open project's name, and links to other recently opened ones, on the same screen. */
import { Menu, UnstyledButton } from '@mantine/core';
import { IconSelector } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation, useRoute } from 'wouter';
import { api, read } from '../client.ts';
import { FailureState } from '../components/state-message.tsx';
import { useProject } from '../components/writing.tsx';
import { useRecentProjects } from '../queries/recent-queries.ts';
import { text } from '../text/en.ts';
import styles from './app-frame.module.css';

const words = text.shell.projects;

export function ProjectSwitcher({ projectId }: { readonly projectId: string }) {
  const [opened, setOpened] = useState(false);
  const [, navigate] = useLocation();
  const [, params] = useRoute('/projects/:project/:view?');
  const { data: project } = useProject(projectId);
  const start = useRecentProjects({ enabled: opened });
  const open = useMutation({
    mutationFn: (folder: string) => read(api.projects.open.$post({ json: { folder } })),
    onSuccess: ({ id }) => {
      setOpened(false);
      navigate(`/projects/${id}/${params?.view ?? 'collection'}`);
    },
  });
  const others = start.data?.recents.filter(({ folder }) => folder !== project?.folder) ?? [];
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-start" width={300} shadow="md" closeOnItemClick={false}>
      <Menu.Target>
        <UnstyledButton className={styles.switcher ?? ''} title={project?.folder ?? ''}>
          <span className={styles.name}>{project?.name ?? '…'}</span>
          <IconSelector size={16} aria-hidden="true" />
          <span className={styles.hidden}>{words.switch}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{words.others}</Menu.Label>
        {others.map(({ name, folder, present }) => (
          <Menu.Item key={folder} disabled={!present || open.isPending} onClick={() => open.mutate(folder)}>
            <span className={styles.name}>{name}</span>
            <span className={styles.folder}>{present ? folder : text.shell.start.missing}</span>
          </Menu.Item>
        ))}
        {start.data && others.length === 0 && <Menu.Item disabled>{words.none}</Menu.Item>}
        {(open.error ?? start.error) && <FailureState error={open.error ?? start.error ?? new Error()} />}
        <Menu.Divider />
        <Menu.Item component={Link} href="/" onClick={() => setOpened(false)}>
          {text.shell.allProjects}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
