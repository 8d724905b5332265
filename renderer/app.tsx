/** Maps addresses to screens. Each screen is loaded on first use. */
import { Button } from '@mantine/core';
import { Component, type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import { Link, Redirect, Route, Switch, useRoute } from 'wouter';
import { EmptyState, FailureState, LoadingState } from './components/state-message.tsx';
import { StartView } from './features/start/start-view.tsx';
import { AppFrame } from './shell/app-frame.tsx';
import { text } from './text/en.ts';

type ProjectView = ComponentType<{ readonly projectId: string }>;

const projectViews: Readonly<Record<string, ProjectView>> = {
  collection: lazy(async () => ({
    default: (await import('./features/collection/collection-view.tsx')).CollectionView,
  })),
  'hand-labelling': lazy(async () => ({
    default: (await import('./features/hand-labelling/hand-labelling-view.tsx')).HandLabellingView,
  })),
  teacher: lazy(async () => ({ default: (await import('./features/teacher/teacher-view.tsx')).TeacherView })),
  scoring: lazy(async () => ({ default: (await import('./features/teacher/scoring-view.tsx')).ScoringView })),
  ranks: lazy(async () => ({ default: (await import('./features/ranks/ranks-view.tsx')).RanksView })),
  student: lazy(async () => ({ default: (await import('./features/student/student-view.tsx')).StudentView })),
  compare: lazy(async () => ({ default: (await import('./features/compare/compare-view.tsx')).CompareView })),
  experiments: lazy(async () => ({
    default: (await import('./features/experiments/experiments-view.tsx')).ExperimentsView,
  })),
  use: lazy(async () => ({ default: (await import('./features/use/use-view.tsx')).UseView })),
};
/** Former names of screens, so that bookmarks keep working. */
const renamed: Readonly<Record<string, string>> = { labelling: 'hand-labelling', label: 'scoring' };
const JobsView = lazy(async () => ({ default: (await import('./features/jobs/jobs-view.tsx')).JobsView }));
const DevicesView = lazy(async () => ({ default: (await import('./features/devices/devices-view.tsx')).DevicesView }));

export function App() {
  const [inProject, params] = useRoute('/projects/:project/:view?');
  const projectId = inProject ? params.project : null;
  return (
    <AppFrame projectId={projectId}>
      <BugBoundary key={`${projectId}/${inProject ? params.view : ''}`}>
        <Suspense fallback={<LoadingState />}>
          <Switch>
            <Route path="/" component={StartView} />
            <Route path="/jobs" component={JobsView} />
            <Route path="/devices" component={DevicesView} />
            <Route path="/projects/:project">
              {({ project }) => <Redirect to={`/projects/${project}/collection`} replace />}
            </Route>
            <Route path="/projects/:project/:view">
              {({ project, view }) => <ShownView key={project} projectId={project} view={view} />}
            </Route>
            <Route>
              <NoSuchView />
            </Route>
          </Switch>
        </Suspense>
      </BugBoundary>
    </AppFrame>
  );
}

function ShownView({ projectId, view }: { readonly projectId: string; readonly view: string }) {
  if (Object.hasOwn(renamed, view)) return <Redirect to={`/projects/${projectId}/${renamed[view]}`} replace />;
  const View = Object.hasOwn(projectViews, view) ? projectViews[view] : undefined;
  return View ? <View projectId={projectId} /> : <NoSuchView />;
}

function NoSuchView() {
  return (
    <EmptyState
      message={text.shell.notFound}
      action={
        <Button component={Link} href="/" variant="default">
          {text.shell.toStart}
        </Button>
      }
    />
  );
}

/** A bug in one screen leaves the others usable. */
class BugBoundary extends Component<{ readonly children: ReactNode }, { readonly error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    return error ? <FailureState error={error} retry={() => this.setState({ error: null })} /> : this.props.children;
  }
}
