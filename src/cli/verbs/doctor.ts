/** `drydock doctor`: is this machine fit for many containers, and what to do where it is not. */
import type { Command } from 'commander'
import { loadConfig } from '../../config/index.ts'
import type { Config } from '../../config/index.ts'
import { UserError } from '../../resources/index.ts'
import { contextOf } from '../globals.ts'
import { fixable, hostChecks } from '../doctor/host.ts'
import { endpointChecks } from '../doctor/endpoints.ts'
import { engineChecks } from '../doctor/engine.ts'
import { leftoverChecks } from '../doctor/leftovers.ts'
import { swarmChecks } from '../doctor/swarm.ts'
import type { Check } from '../doctor/check.ts'
import { checkText } from '../doctor/check.ts'

type DoctorFlags = {
  readonly fix?: boolean
  readonly data?: string
  readonly config?: string
  readonly dockerHost?: string
  readonly artifactsOlderThan?: string
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check the Docker Engine and this machine; exit code 1 where something is wrong')
    .option('--fix', 'mend what can be mended here (needs root)')
    .option('--data <dir>', 'folder of the daemon’s data (default: .drydock), whose disk is checked')
    .option('--config <file>', 'settings of the daemon')
    .option('--artifacts-older-than <days>', 'with --fix: artifacts of workflows that are gone, too')
    .option('--docker-host <url>', 'engine to check')
    .action(async (flags: DoctorFlags, command: Command) => {
      const context = contextOf(command)
      const { style, say } = context
      const { data: dataDir, config: file, dockerHost, artifactsOlderThan: days } = flags
      const artifactDays = days === undefined ? null : Number(days)
      if (Number.isNaN(artifactDays))
        throw new UserError('BAD_FLAG', `--artifacts-older-than must be a number, got ${days}`)
      const settings = await settingsOf(dataDir, file)
      const { endpoints } = settings.docker
      const host = dockerHost ?? settings.docker.host ?? undefined
      const checks = [
        ...(dockerHost === undefined && endpoints.length > 0
          ? await endpointChecks(endpoints)
          : await engineChecks(host)),
        ...(settings.runtime === 'swarm' ? await swarmChecks(settings, host) : []),
        ...(await leftoverChecks({ context, host, config: settings, artifactDays })),
        ...(await hostChecks(dataDir ?? '.')),
      ]
      for (const check of checks) say(checkText(check, style))
      if (flags.fix === true) await fix(checks, say)
      const failed = checks.filter(({ state }) => state === 'bad').length
      if (failed > 0) process.exitCode = 1
    })
}

async function settingsOf(dataDir: string | undefined, file: string | undefined): Promise<Config> {
  const { config } = await loadConfig({
    environment: process.env,
    flags: dataDir === undefined ? {} : { data: dataDir },
    base: process.cwd(),
    ...(file === undefined ? {} : { file }),
  })
  return config
}

async function fix(checks: readonly Check[], say: (text: string) => void): Promise<void> {
  for (const check of checks) {
    const mend = check.state === 'fine' ? undefined : (check.mend ?? fixable.get(check.id))
    if (mend === undefined) continue
    try {
      say(`mended: ${await mend()}`)
    } catch (error) {
      say(`could not mend ${check.id}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
