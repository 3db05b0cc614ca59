/** The command line: one file per verb or group of verbs, each of which registers itself. */
import { Command, CommanderError } from 'commander'
import { UserError } from '../resources/index.ts'
import { addGlobalFlags } from './globals.ts'

type Register = (program: Command) => void
type Group = { readonly verbs: readonly string[]; readonly load: () => Promise<Register> }

const lookVerbs = ['list', 'get', 'logs', 'watch', 'wait']
const controlVerbs = ['stop', 'terminate', 'suspend', 'resume', 'retry', 'resubmit', 'delete', 'node']
const storedVerbs = ['template', 'cluster-template', 'cron']

/** Every verb, in the order of the help, with what defines it: most of a short verb's time would be loading the others. */
const groups: readonly Group[] = [
  { verbs: ['up'], load: async () => (await import('./verbs/up.ts')).registerUp },
  { verbs: ['run'], load: async () => (await import('./verbs/run.ts')).registerRun },
  { verbs: ['submit'], load: async () => (await import('./verbs/submit.ts')).registerSubmit },
  { verbs: lookVerbs, load: async () => (await import('./verbs/look.ts')).registerLook },
  { verbs: ['history', 'explain'], load: async () => (await import('./verbs/history.ts')).registerHistory },
  { verbs: controlVerbs, load: async () => (await import('./verbs/control.ts')).registerControl },
  { verbs: ['archive'], load: async () => (await import('./verbs/archive.ts')).registerArchive },
  { verbs: ['cp'], load: async () => (await import('./verbs/cp.ts')).registerCopy },
  { verbs: ['cache'], load: async () => (await import('./verbs/cache.ts')).registerCache },
  { verbs: ['apply', 'patch'], load: async () => (await import('./verbs/apply.ts')).registerApply },
  { verbs: storedVerbs, load: async () => (await import('./verbs/stored.ts')).registerStored },
  {
    verbs: ['executor-plugin'],
    load: async () => (await import('./verbs/executor-plugin.ts')).registerExecutorPlugin,
  },
  { verbs: ['lint'], load: async () => (await import('./lint.ts')).registerLint },
  { verbs: ['simulate'], load: async () => (await import('./verbs/simulate.ts')).registerSimulate },
  { verbs: ['test'], load: async () => (await import('./verbs/test.ts')).registerTest },
  { verbs: ['eval'], load: async () => (await import('./eval.ts')).registerEval },
  { verbs: ['table'], load: async () => (await import('./verbs/table.ts')).registerTable },
  { verbs: ['fleet'], load: async () => (await import('./verbs/fleet.ts')).registerFleet },
  { verbs: ['db'], load: async () => (await import('./verbs/db.ts')).registerDb },
  { verbs: ['doctor'], load: async () => (await import('./verbs/doctor.ts')).registerDoctor },
  { verbs: ['socket-proxy'], load: async () => (await import('./verbs/socket-proxy.ts')).registerSocketProxy },
  { verbs: ['version', 'config'], load: async () => (await import('./verbs/about.ts')).registerAbout },
]

/** @param argv the verb that is asked for is defined alone; all are for the help, and where there is no such verb */
export async function programOf(argv: readonly string[]): Promise<Command> {
  const program = new Command('drydock')
    .description('Argo Workflows manifests on plain Docker')
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
  addGlobalFlags(program)
  const verb = verbOf(program, argv)
  const asked = groups.filter(({ verbs }) => verb !== null && verbs.includes(verb))
  const registers = await Promise.all((asked.length > 0 ? asked : groups).map(({ load }) => load()))
  for (const register of registers) register(program)
  return program
}

/** The first argument that is no global flag and no value of one. */
function verbOf(program: Command, argv: readonly string[]): string | null {
  const takesValue = new Set(program.options.filter((one) => one.required).flatMap((one) => [one.short, one.long]))
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (!word.startsWith('-')) return word
    if (takesValue.has(word)) index += 1
  }
  return null
}

export async function main(argv: readonly string[]): Promise<void> {
  try {
    const program = await programOf(argv)
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode
    else {
      process.stderr.write(`${errorText(error)}\n`)
      // Parts that were begun before the error may have something open.
      process.exit(error instanceof UserError && hopeless.has(error.code) ? 78 : 1)
    }
  }
}

/** Starting again is of no use (78: EX_CONFIG of sysexits.h), as service managers may be told. */
const hopeless: ReadonlySet<string> = new Set([
  'STORE_NEWER_SCHEMA',
  'STORE_OLD_SCHEMA',
  'STORE_FOREIGN_SCHEMA',
  'BAD_DATABASE_URL',
  'INVALID_SETTINGS',
])

/** What a person did is said in a line or two; what we did wrong, with the place in the code. */
function errorText(error: unknown): string {
  if (error instanceof UserError)
    return `Error: ${error.message}${error.hint === undefined ? '' : `\n  — ${error.hint}`}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
