/** Typed lint: what the compiler cannot see. Formatting is prettier's. */
import tseslint from 'typescript-eslint'

/** Rooms (and files) that touch the world: only they read the clock, chance, timers and the environment. */
const adapters = [
  'src/runtime/docker/**',
  'src/runtime/swarm/**',
  'src/store/**',
  'src/postgres/**',
  'src/artifacts/**',
  'src/server/**',
  'src/cli/**',
  'src/telemetry/**',
  'src/sources/**',
  'src/config/**',
  'src/main.ts',
  'src/main/**',
  'scripts/**',
  'bench/**',
  'test/**',
  'src/**/*.test.ts',
  'src/**/*.contract.ts',
  'src/**/*.fixtures/**',
]

const impureGlobals = [
  ['Date', 'now', 'Take a Clock.'],
  ['Math', 'random', 'Take a Random.'],
  ['process', 'env', 'Settings come from src/config.'],
]

export default tseslint.config(
  { ignores: ['node_modules/**', 'crds-compat/**', 'coverage/**', '**/*.js', '**/*.mjs', '**/dist/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false } },
      ],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'ExportAllDeclaration', message: 'A door lists by name.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/**/*.test.ts', 'src/**/*.fixtures/**', 'src/**/*.contract.ts', 'src/**/testing/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { name: 'node:http', message: 'Take `http` of resources: node-http.ts says why.', allowTypeImports: true },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: adapters,
    rules: {
      'no-restricted-properties': [
        'error',
        ...impureGlobals.map(([object, property, message]) => ({ object, property, message })),
      ],
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({ name, message: 'Take a Clock.' })),
      ],
    },
  },
  { files: ['src/ui/**'], rules: { 'no-restricted-properties': 'off', 'no-restricted-globals': 'off' } },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
)
