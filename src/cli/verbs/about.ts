/** `version` and `config`. */
import type { Command } from 'commander'
import { InvalidSettings, loadConfig, locatedProblems, showConfig } from '../../config/index.ts'
import { preflightProblems } from '../../main/preflight.ts'
import { version } from '../../main/version.ts'
import { contextOf } from '../globals.ts'
import { settingsOfFlags } from './up.ts'
import type { UpFlags } from './up.ts'

export function registerAbout(program: Command): void {
  program
    .command('version')
    .description('versions of this program and of the daemon')
    .option('--short', 'only the number')
    .action(async (flags: { short?: boolean }, command: Command) => {
      const { api, say } = contextOf(command)
      if (flags.short === true) {
        say(`v${version}`)
        return
      }
      say(`drydock: v${version}\n  Node: ${process.version}\n  Platform: ${process.platform}/${process.arch}`)
      const daemon = await api.call<{ version?: string }>('GET', '/api/v1/version').catch(() => null)
      say(`daemon (${api.server}): ${daemon === null ? 'none answers' : (daemon.version ?? '')}`)
    })
  const config = program.command('config').description('look at the settings a daemon would have')
  for (const [verb, description] of [
    ['show', 'print every setting with its value'],
    ['check', 'say whether they are right, and whether a daemon could start with them here'],
  ] as const) {
    config
      .command(verb)
      .description(description)
      .argument('[file]', 'settings file')
      .option('--config <file>', 'likewise')
      .action(async (file: string | undefined, _flags: object, command: Command) => {
        const flags = command.optsWithGlobals<UpFlags>()
        const path = file ?? flags.config
        const { config: found, notes } = await loadConfig({
          environment: process.env,
          flags: settingsOfFlags(flags),
          base: process.cwd(),
          ...(path === undefined ? {} : { file: path }),
        })
        for (const note of notes) process.stderr.write(`${note}\n`)
        if (verb === 'check') {
          const problems = await locatedProblems(preflightProblems(found), path)
          if (problems.length > 0) throw new InvalidSettings(problems)
        }
        process.stdout.write(verb === 'show' ? showConfig(found) : `${path ?? 'the settings'}: fine\n`)
      })
  }
}
