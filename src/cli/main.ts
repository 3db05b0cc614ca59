/** The command line: one file per verb or group of verbs, each of which registers itself. */
import { Command, CommanderError } from 'commander'
import { UserError } from '../resources/index.ts'
import { registerEval } from './eval.ts'
import { addGlobalFlags } from './globals.ts'
import { registerLint } from './lint.ts'
import { registerAbout } from './verbs/about.ts'
import { registerControl } from './verbs/control.ts'
import { registerDoctor } from './verbs/doctor.ts'
import { registerLook } from './verbs/look.ts'
import { registerRun } from './verbs/run.ts'
import { registerSimulate } from './verbs/simulate.ts'
import { registerStored } from './verbs/stored.ts'
import { registerSubmit } from './verbs/submit.ts'
import { registerTest } from './verbs/test.ts'
import { registerUp } from './verbs/up.ts'

export function programOf(): Command {
  const program = new Command('drydock')
    .description('Argo Workflows manifests on plain Docker')
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
  addGlobalFlags(program)
  const verbs = [
    registerUp,
    registerRun,
    registerSubmit,
    registerLook,
    registerControl,
    registerStored,
    registerLint,
    registerSimulate,
    registerTest,
    registerEval,
    registerDoctor,
    registerAbout,
  ]
  for (const register of verbs) register(program)
  return program
}

export async function main(argv: readonly string[]): Promise<void> {
  try {
    await programOf().parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode
    else {
      process.stderr.write(`${errorText(error)}\n`)
      // Parts that were begun before the error may have something open.
      process.exit(1)
    }
  }
}

/** What a person did is said in a line or two; what we did wrong, with the place in the code. */
function errorText(error: unknown): string {
  if (error instanceof UserError)
    return `Error: ${error.message}${error.hint === undefined ? '' : `\n  — ${error.hint}`}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
