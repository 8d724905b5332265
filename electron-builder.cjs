/**
 * How the desktop application is packaged: AppImage and deb, NSIS, dmg for Apple silicon. A package is built on the platform it
 * is for, since npm installs only that platform's native parts.
 */

/** What the compute thread and the device test load: plain files beside the archive, with everything they import. */
const loadedByThreads = ['onnxruntime-node', 'onnxruntime-common', 'sharp', 'koffi', '@koromix/*'];
const loadedBySharp = ['@img/**', 'detect-libc', 'semver'];
/** Needed only by the runtime's install script, which is never run. */
const installOnly = [
  'adm-zip',
  'global-agent',
  'globalthis',
  'define-data-property',
  'define-properties',
  'es-define-property',
  'es-errors',
  'escape-string-regexp',
  'gopd',
  'has-property-descriptors',
  'matcher',
  'object-keys',
  'serialize-error',
  'type-fest',
];
const ONNX_RUNTIME = '**/node_modules/onnxruntime-node';

/** Where scripts/package.mjs builds what is packaged. */
const BUILT = 'dist/package';

module.exports = {
  appId: 'org.understudy.workbench',
  productName: 'Understudy',
  copyright: 'MIT licence',
  // Updating is up to the person: no network is asked for updates.
  publish: null,
  directories: { output: 'release', buildResources: 'assets' },
  extraMetadata: {
    homepage: 'https://understudy.invalid',
    author: { name: 'Understudy', email: 'maintainers@understudy.invalid' },
    // The application's name in its own menu items and in the system.
    productName: 'Understudy',
    // Identifies the owner of a window to Linux desktops.
    desktopName: 'understudy.desktop',
  },
  npmRebuild: false,
  asar: true,
  files: [
    'package.json',
    'LICENSE',
    'assets/sample/**',
    'assets/cuda/**',
    {
      from: BUILT,
      to: 'dist',
      filter: [
        'package.json',
        '{main,preload}.cjs',
        '{desktop,batch-worker,compute-process,compute-worker,device-probe}.js',
        'chunk-*.js',
        'renderer/**',
        '!**/*.map',
      ],
    },
    '!**/*.map',
    '!**/*.{ts,mts,cts,md,markdown,flow}',
    '!**/{test,tests,__tests__,example,examples,docs}/**',
    `!${ONNX_RUNTIME}/script/**`,
    `!${ONNX_RUNTIME}/bin/napi-v6/!(\${platform})/**`,
    `!${ONNX_RUNTIME}/bin/napi-v6/*/!(\${arch})/**`,
    // koffi's source code, and its build for another C library.
    '!**/node_modules/koffi/{vendor,lib,doc,src/koffi/src}/**',
    '!**/node_modules/@koromix/*/musl_*/**',
    `!**/node_modules/{${installOnly.join(',')}}/**`,
  ],
  asarUnpack: [
    // Tells Node, outside the archive too, that the threads' files are modules.
    `${BUILT}/package.json`,
    `${BUILT}/{batch-worker,compute-process,compute-worker,device-probe}.js`,
    `${BUILT}/chunk-*.js`,
    ...[...loadedByThreads, ...loadedBySharp].map((name) => `node_modules/${name}/**`),
    'node_modules/@duckdb/**',
    // The kernels for NVIDIA cards, which the compute processes read.
    'assets/cuda/**',
    '**/*.{node,so,so.*,dylib,dll}',
  ],
  extraResources: [{ from: `${BUILT}/licences.txt`, to: 'licences.txt' }],
  electronFuses: {
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
    resetAdHocDarwinSignature: true,
  },
  electronLanguages: ['en-US'],
  // The file in each project's folder. The Windows installer registers it for the current user; the packager's documentation
  // still says that this requires an installation for all users.
  fileAssociations: [
    {
      ext: 'understudy',
      name: 'Understudy project',
      description: 'Understudy project',
      mimeType: 'application/x-understudy-project',
      role: 'Editor',
    },
  ],
  linux: {
    target: ['AppImage', 'deb'],
    icon: 'assets/icon.png',
    category: 'Science',
    synopsis: 'Semi-supervised image classification on one workstation',
    executableName: 'understudy',
  },
  // Without arguments of its own it would start without Chromium's sandbox, even where the sandbox works.
  appImage: { executableArgs: [] },
  // For WebGPU.
  deb: { recommends: ['libvulkan1'] },
  win: { target: ['nsis'], icon: 'assets/icon.png' },
  nsis: {
    oneClick: false,
    perMachine: false,
    allowToChangeInstallationDirectory: true,
    deleteAppDataOnUninstall: false,
  },
  mac: {
    target: [{ target: 'dmg', arch: ['arm64'] }],
    icon: 'assets/icon.png',
    category: 'public.app-category.developer-tools',
    hardenedRuntime: true,
  },
};
