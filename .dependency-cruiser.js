/** The rooms import one way; `npm run imports` holds it. */
const rooms = ['resources', 'expressions', 'admission', 'engine', 'testkit', 'controller', 'server', 'cli'] // a room imports leftwards only
const ban = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to })
const notTests = '(?!.*([.]test|[.]contract|[.]fixtures/.*)[.]?(ts)?$)'

export default {
  forbidden: [
    ...rooms.flatMap((low, i) =>
      rooms.slice(i + 1).map((high) => ban(`${low}-below-${high}`, `^src/${low}/`, { path: `^src/${high}/` })),
    ),
    ban('engine-knows-no-port', '^src/engine/', { path: '^src/(runtime|store|artifacts|telemetry)/' }),
    ban('engine-does-no-io', '^src/engine/(?!.*[.]test[.]ts$)', { dependencyTypes: ['core', 'npm', 'npm-dev'] }),
    ban('adapters-know-resources-only', '^src/(runtime|store|artifacts)/', {
      path: '^src/',
      pathNot: '^src/(resources|postgres|$1)/',
    }),
    // The controller's own tests drive it with the simulated runtime and the store in memory.
    ban('adapters-built-at-the-root', `^src/(?!main|cli/|runtime/|store/|artifacts/)${notTests}`, {
      path: '^src/(runtime|store|artifacts)/[^/]+/',
    }),
    ban('postgres-knows-resources-only', '^src/postgres/', { path: '^src/', pathNot: '^src/(resources|postgres)/' }),
    ban('sources-know-no-adapter', '^src/sources/', { path: '^src/(runtime|server|cli|telemetry)/' }),
    ban('config-knows-no-room-above', '^src/config/', {
      path: '^src/(server|cli|runtime|store|artifacts|sources|telemetry)/',
    }),
    // Types may name each other in a circle (a grammar and its tokens); modules that run may not.
    ban('no-cycles', '^src/', { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^node_modules|^src/ui/)' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
}
