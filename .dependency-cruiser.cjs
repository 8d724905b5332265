/**
 * The arrows between the rooms (scripts/draw-arrows.mjs draws them into ARCHITECTURE.md). A room may import from the rooms
 * listed for it, and from the shared files directly in main/.
 */
const arrows = {
  graph: [],
  engines: ['graph'],
  models: ['graph', 'engines'],
  images: [],
  catalogue: [],
  training: ['models', 'engines', 'images', 'graph'],
  jobs: ['training', 'engines', 'images'],
  doctor: ['engines', 'models', 'graph', 'jobs'],
  pipeline: ['catalogue', 'images', 'jobs', 'training', 'models', 'engines', 'doctor'],
  report: ['pipeline', 'catalogue', 'images', 'training'],
  experiments: ['report', 'pipeline', 'catalogue', 'engines'],
  workbench: [
    'experiments',
    'pipeline',
    'report',
    'catalogue',
    'images',
    'jobs',
    'training',
    'models',
    'engines',
    'doctor',
    'graph',
  ],
  api: ['workbench', 'experiments', 'pipeline', 'training'],
  server: ['api', 'workbench'],
  bench: ['workbench', 'pipeline', 'catalogue', 'doctor', 'engines', 'models', 'images', 'jobs', 'training', 'graph'],
  cli: ['experiments', 'report', 'pipeline', 'catalogue', 'images', 'jobs', 'training', 'models', 'engines', 'doctor'],
};

/** The rooms of the workbench: desks answer requests, the others hold what several desks need. */
const workbenchArrows = {
  desks: ['ranking', 'work', 'runs', 'projects'],
  ranking: [],
  work: [],
  runs: ['work'],
  projects: ['work'],
};

/** The rooms of the page. All of them may use its texts. */
const pageArrows = {
  components: ['acts'],
  acts: ['classes'],
  images: ['components'],
  classes: ['images', 'components'],
  queries: ['acts', 'training'],
  training: ['queries', 'classes', 'images', 'components'],
  shell: ['training', 'queries', 'components', 'acts'],
  features: ['training', 'queries', 'classes', 'images', 'components', 'acts'],
};

/** The files directly in main/. */
const everybodys = ['^main/[^/]+\\.ts$'];

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      // Types may refer to each other: the table of operations and the program that is made of them.
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...Object.entries(arrows).map(([room, rooms]) => ({
      name: `arrows-of-${room}`,
      severity: 'error',
      comment: `main/${room} imports from ${rooms.length === 0 ? 'no other room' : rooms.join(', ')}`,
      from: { path: `^main/${room}/` },
      to: { path: '^main/', pathNot: [...[room, ...rooms].map((name) => `^main/${name}/`), ...everybodys] },
    })),
    {
      name: 'onnxruntime-through-its-own-module',
      severity: 'error',
      comment: 'which makes sure that telemetry is off',
      from: { path: '^(main|electron)/', pathNot: '^main/engines/onnxruntime/runtime\\.ts$' },
      to: { path: 'node_modules/onnxruntime-node' },
    },
    {
      name: 'renderer-knows-only-the-types-of-the-door',
      severity: 'error',
      from: { path: '^renderer/' },
      to: {
        path: '^(main|electron|test|scripts)/',
        pathNot: '^main/(api/(contract|app)|visible|at|wilson-interval|sample-shape)\\.ts$',
      },
    },
    {
      name: 'renderer-loads-no-code-of-main',
      severity: 'error',
      comment:
        'but for how names are written out, which is the same everywhere, for reading an element, for the interval of a share, and for how many frames a clip may have',
      from: { path: '^renderer/' },
      to: {
        path: '^main/',
        pathNot: '^main/(visible|at|wilson-interval|sample-shape)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    ...Object.entries(workbenchArrows).map(([room, rooms]) => ({
      name: `workbench-arrows-of-${room}`,
      severity: 'error',
      comment: `main/workbench/${room} imports from ${rooms.length === 0 ? 'no other room' : rooms.join(', ')} of the workbench`,
      from: { path: `^main/workbench/${room}/` },
      to: {
        path: '^main/workbench/[^/]+/',
        pathNot: [room, 'contract', ...rooms].map((name) => `^main/workbench/${name}/`),
      },
    })),
    ...Object.entries(pageArrows).map(([room, rooms]) => ({
      name: `page-arrows-of-${room}`,
      severity: 'error',
      comment: `renderer/${room} imports from ${rooms.join(', ')}`,
      from: { path: `^renderer/${room}/` },
      to: { path: '^renderer/[^/]+/', pathNot: [room, 'text', ...rooms].map((name) => `^renderer/${name}/`) },
    })),
    {
      name: 'features-know-no-other-feature',
      severity: 'error',
      comment: 'what two features share has a room of its own beside them',
      from: { path: '^renderer/features/([^/]+)/' },
      to: { path: '^renderer/features/', pathNot: '^renderer/features/$1/' },
    },
    {
      name: 'the-desktop-shell-knows-hosts-and-workbench-alone',
      severity: 'error',
      comment: 'electron/ stays thin: it hosts what main/server and main/workbench offer',
      from: { path: '^electron/' },
      to: {
        path: '^(main|renderer|test|scripts)/',
        pathNot: [
          '^main/(server|workbench)/',
          '^main/doctor/probe-runner\\.ts$',
          '^main/jobs/process-starter\\.ts$',
          ...everybodys,
        ],
      },
    },
    {
      name: 'the-desktop-shell-is-handed-electron',
      severity: 'error',
      comment: 'the entry and the preload load Electron; everything else is given it, and is tested with a stand-in',
      from: { path: '^electron/', pathNot: '^electron/(main|preload)\\.ts$' },
      to: { path: 'node_modules/electron/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-the-catalogue-talks-to-the-database',
      severity: 'error',
      comment: 'check:sql refuses SQL elsewhere; here, the library that takes it',
      from: { pathNot: '^main/catalogue/' },
      to: { path: 'node_modules/@duckdb/' },
    },
    {
      name: 'main-never-imports-the-shells',
      severity: 'error',
      from: { path: '^main/' },
      to: { path: ['^electron/', '^renderer/', '^test/', '^scripts/', 'node_modules/electron/'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
