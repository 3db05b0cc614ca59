import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Deed, runtimeContract } from '../runtime.contract.ts'
import { findEngine } from './connection.ts'
import { DockerRuntime } from './docker-runtime.ts'

/** The deed as a shell command. */
function commandOf(deed: Deed): readonly string[] {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
  const lines = deed.ignoresTerm ? [`trap '' TERM`] : []
  if (deed.shows !== undefined) lines.push(`cat ${quoted(deed.shows)} || exit 1`)
  if (deed.lastsMs === Infinity) lines.push('while :; do sleep 0.1; done')
  else if (deed.lastsMs) lines.push(`sleep ${deed.lastsMs / 1000}`)
  for (const [path, text] of Object.entries(deed.writes ?? {})) {
    lines.push(`mkdir -p $(dirname ${quoted(path)})`, `printf %s ${quoted(text)} > ${quoted(path)}`)
  }
  if (deed.prints) lines.push(`printf %s ${quoted(deed.prints)}`)
  if (deed.complains) lines.push(`printf %s ${quoted(deed.complains)} >&2`)
  lines.push(`exit ${deed.exitCode ?? 0}`)
  return ['sh', '-c', lines.join('\n')]
}

const found = await findEngine()
if (!found.found) throw new Error(found.message)
const dataDir = mkdtempSync(join(tmpdir(), 'drydock-runtime-'))
const instance = `runtime-contract-${randomUUID().slice(0, 8)}`

runtimeContract({
  name: 'docker',
  open: async () => new DockerRuntime({ engine: found.address, instance, dataDir }),
  doing: (deed) => ({ command: commandOf(deed) }),
  close: async () => rmSync(dataDir, { recursive: true, force: true }),
})
