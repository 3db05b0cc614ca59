/** The command line: one file per verb, each of which registers itself. */
import { Command } from 'commander'
import { registerEval } from './eval.ts'
import { registerLint } from './lint.ts'

export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('drydock').description('Argo Workflows manifests on plain Docker')
  registerEval(program)
  registerLint(program)
  await program.parseAsync(argv, { from: 'user' })
}
