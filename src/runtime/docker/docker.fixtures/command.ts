import type { Deed } from '../../runtime.contract.ts'

/** The deed as a shell command. */
export function commandOf(deed: Deed): readonly string[] {
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
