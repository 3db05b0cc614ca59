/** Who shares the work: the controllers on one Postgres. */
import type { Command } from 'commander'
import { stringify } from 'yaml'
import type { FleetFigures } from '../../controller/index.ts'
import { contextOf } from '../globals.ts'
import { tableText } from '../view/table.ts'

type Answer = {
  /** Of who answers; empty where it is the only one. */
  readonly name: string
  readonly counts?: Omit<FleetFigures, 'name' | 'members'>
  readonly items: FleetFigures['members']
}

export function registerFleet(program: Command): void {
  program
    .command('fleet')
    .alias('members')
    .description('list the controllers that share one Postgres: who is there, and what each has to do')
    .option('-o, --output <form>', 'json or yaml')
    .action(async ({ output }: { readonly output?: string }, command: Command) => {
      const { api, say } = contextOf(command)
      const answer = await api.call<Answer>('GET', '/api/v1/controllers')
      if (output === 'json') return say(JSON.stringify(answer, null, 2))
      if (output === 'yaml') return say(stringify(answer))
      say(
        answer.name === ''
          ? 'this controller is the only one: it has no name (docs/several-controllers.md)'
          : listText(answer),
      )
    })
}

function listText({ name, items, counts }: Answer): string {
  const rows = items.map((member) => [
    member.name === name ? `${member.name} *` : member.name,
    stateOf(member),
    String(member.workflows),
    member.engines.map(({ endpoint, id }) => endpoint || id.slice(0, 12)).join(', ') || '-',
    member.url ?? '-',
    member.host || '-',
  ])
  const orphans = counts?.orphans ?? 0
  return [
    tableText([['NAME', 'STATE', 'WORKFLOWS', 'ENGINES', 'URL', 'HOST'], ...rows]),
    ...(orphans > 0 ? [`${String(orphans)} workflows wait for a controller that reaches their engine.`] : []),
  ].join('\n')
}

const stateOf = ({ isLive, isDraining, goneForMs }: Answer['items'][number]): string =>
  isLive ? (isDraining ? 'leaving' : 'live') : `gone ${String(Math.round(goneForMs / 1000))}s`
