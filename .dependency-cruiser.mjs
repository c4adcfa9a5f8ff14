/** `from` may import these packages of ours and no other (docs/architecture.md, "Arrows"). */
const only = (from, to) => ({
  name: `${from}-depends-on-${to.join('-') || 'nothing'}`,
  severity: 'error',
  from: { path: `^packages/${from}/src` },
  to: { path: '^packages/([^/]+)/', pathNot: [`^packages/(${[from, ...to].join('|')})/`] },
});
/** An adapter may not even import a sibling of its own kind, so each is listed by its whole name. */
const adapters = ['kernel-dmsetup', 'host-fake', 'records-docker', 'records-lmdb', 'records-memory'];
/** These make system calls. */
const linuxAdapters = ['kernel-ioctl', 'host-linux'];
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    only('domain', []),
    only('ports', ['domain']),
    only('thin-metadata', ['domain']),
    only('engine', ['domain', 'ports', 'thin-metadata']),
    only('graphdriver', ['domain', 'ports', 'engine']),
    only('snapshotter', ['domain', 'ports', 'engine']),
    only('conformance', ['domain', 'ports']),
    only('libc', ['domain', 'ports']),
    only('kernel-fake', ['domain', 'ports', 'thin-metadata']),
    ...adapters.map((adapter) => only(adapter, ['domain', 'ports'])),
    ...linuxAdapters.map((adapter) => only(adapter, ['domain', 'ports', 'libc'])),
    only('server', ['domain', 'ports', 'libc', 'container']),
    only('cli', ['domain', 'ports', 'engine', 'graphdriver', 'thin-metadata', 'container', 'server']),
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '^packages/(domain|ports|engine)/src' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-peer', 'npm-optional', 'npm-no-pkg', 'unknown'],
        pathNot: '^packages/',
      },
    },
    {
      name: 'inversify-only-in-container',
      severity: 'error',
      from: { pathNot: '^packages/(container/|[^/]+/test/)' },
      to: { path: 'inversify|reflect-metadata' },
    },
    {
      name: 'no-dev-deps-in-src',
      severity: 'error',
      from: { path: '^packages/[^/]+/src' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    { name: 'src-not-to-test', severity: 'error', from: { path: '/src/' }, to: { path: '/test/' } },
    { name: 'not-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist(-test)?/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['@dmthin/source', 'import', 'types', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js'],
    },
  },
};
