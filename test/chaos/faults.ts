/** What is done to the daemon, the engine, the database and the disk. Each fault is undone before it returns. */
import { appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dice } from '../simulation/dice.ts'
import type { ChaosDaemon } from './daemon.ts'
import type { World } from './world.ts'

export const faultKinds = ['kill', 'term', 'engine', 'postgres', 'disk', 'pause', 'freeze', 'remove'] as const
export type FaultKind = (typeof faultKinds)[number]
export type FaultCounts = Readonly<Record<FaultKind, number>>

export type Faulty = {
  readonly world: World
  readonly dice: Dice
  /** Whether attempts of the workflow may be taken away. */
  readonly mayVanish: (workflow: string) => boolean
  /** How long the frozen daemon stays so where another stands by, in milliseconds. */
  readonly freezeMs: number
}

/** Does it, and says what was done; how many daemons were killed by it. */
export type Done = {
  readonly text: string
  readonly kills: number
  /** Under which its figures are shown. */
  readonly as: string
}

const tell = (as: string, text: string, kills = 0): Done => ({ as, text, kills })
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

export async function strike(kind: FaultKind, faulty: Faulty): Promise<Done> {
  switch (kind) {
    case 'kill':
      return kill(faulty)
    case 'term':
      return term(faulty)
    case 'engine':
      return engine(faulty)
    case 'postgres':
      return postgres(faulty)
    case 'disk':
      return disk(faulty)
    case 'pause':
      return pause(faulty)
    case 'freeze':
      return freeze(faulty)
    case 'remove':
      return remove(faulty)
    default:
      return kind satisfies never
  }
}

/** The one that answers, or any where all work or none answers. */
async function leader({ world, dice }: Faulty): Promise<ChaosDaemon> {
  if (world.isShared) return dice.pick(world.daemons as [ChaosDaemon])
  const at = (await world.api.ask('GET', '/api/v1/version'))?.url
  const found = world.daemons.find(({ url }) => url === at) ?? world.daemons[0]
  if (found === undefined) throw new Error('no daemon')
  return found
}

/** At work, on its start, or while it drains. */
async function kill(faulty: Faulty): Promise<Done> {
  const { dice } = faulty
  const victim = dice.chance(0.85) ? await leader(faulty) : dice.pick(faulty.world.daemons as [ChaosDaemon])
  if (dice.chance(0.25)) {
    const ms = dice.int(0, 600)
    void victim.term()
    await sleep(ms)
    await victim.kill()
    victim.spawn()
    return tell('kill while it drains', `kill ${victim.name}, ${ms} ms after SIGTERM`, 1)
  }
  await victim.kill()
  const isAlone = faulty.world.daemons.length === 1
  // Where another stands by it is not waited for.
  if (isAlone && dice.chance(0.3)) await sleep(dice.int(100, 2_500))
  victim.spawn()
  if (!dice.chance(0.3)) return tell('kill', `kill ${victim.name}`, 1)
  const ms = dice.int(50, 2_000)
  await sleep(ms)
  await victim.kill()
  victim.spawn()
  return tell('kill on its start', `kill ${victim.name}, and again ${ms} ms into its start`, 2)
}

async function term(faulty: Faulty): Promise<Done> {
  const victim = await leader(faulty)
  const began = performance.now()
  await victim.term()
  const ms = performance.now() - began
  if (faulty.world.daemons.length === 1 && faulty.dice.chance(0.3)) await sleep(faulty.dice.int(100, 2_000))
  victim.spawn()
  return tell('term', `term ${victim.name}, which took ${seconds(ms)}`)
}

/** In the middle of another fault. */
async function maybeKill(faulty: Faulty, withinMs: number): Promise<number> {
  const { dice } = faulty
  if (!dice.chance(0.35)) {
    await sleep(withinMs)
    return 0
  }
  const firstMs = dice.next() * withinMs
  await sleep(firstMs)
  const victim = await leader(faulty)
  await victim.kill()
  victim.spawn()
  await sleep(withinMs - firstMs)
  return 1
}

async function engine(faulty: Faulty): Promise<Done> {
  const { world, dice } = faulty
  const signal = dice.chance(0.5) ? 'SIGKILL' : 'SIGTERM'
  const ms = dice.int(100, 4_000)
  const stopping = world.engine.stop(signal)
  const kills = await maybeKill(faulty, ms)
  await stopping
  await world.engine.start()
  return tell(
    'engine',
    `engine ${signal}, away for ${seconds(ms)}${kills > 0 ? ', daemon killed meanwhile' : ''}`,
    kills,
  )
}

async function postgres(faulty: Faulty): Promise<Done> {
  const { world, dice } = faulty
  if (world.postgres === null) return tell('postgres', 'no postgres')
  const isCrash = dice.chance(0.5)
  const ms = dice.int(100, 5_000)
  if (isCrash) world.postgres.kill()
  else world.postgres.shutDown()
  const kills = await maybeKill(faulty, ms)
  world.postgres.start()
  const how = isCrash ? 'crashed' : 'shut down'
  return tell(
    'postgres',
    `postgres ${how}, away for ${seconds(ms)}${kills > 0 ? ', daemon killed meanwhile' : ''}`,
    kills,
  )
}

async function disk(faulty: Faulty): Promise<Done> {
  const { world, dice } = faulty
  const path = join(world.folders.data, 'filler')
  const ms = dice.int(500, 4_000)
  await fill(path)
  try {
    const kills = await maybeKill(faulty, ms)
    return tell('disk', `disk full for ${seconds(ms)}${kills > 0 ? ', daemon killed meanwhile' : ''}`, kills)
  } finally {
    await rm(path, { force: true })
  }
}

/** To the last byte. */
async function fill(path: string): Promise<void> {
  for (let size = 4 * 2 ** 20; size >= 1; size = Math.floor(size / 4)) {
    const chunk = Buffer.alloc(size)
    for (let isFull = false; !isFull;) await appendFile(path, chunk).catch(() => (isFull = true))
  }
}

async function pause(faulty: Faulty): Promise<Done> {
  const { world, dice } = faulty
  const running = await world.docker('ps', '-q', '--filter', 'label=io.drydock.instance')
  const chosen = running.filter(() => dice.chance(0.4))
  const ms = dice.int(300, 4_000)
  const each = (verb: string) => Promise.all(chosen.map((id) => world.docker(verb, id).catch(() => [])))
  await each('pause')
  const kills = await maybeKill(faulty, ms)
  await each('unpause')
  const meanwhile = kills > 0 ? ', daemon killed meanwhile' : ''
  return tell('pause', `${chosen.length} of ${running.length} containers paused for ${seconds(ms)}${meanwhile}`, kills)
}

async function freeze(faulty: Faulty): Promise<Done> {
  const victim = await leader(faulty)
  // The longer one is long enough for the others to cut it off.
  const longMs = faulty.freezeMs * (faulty.dice.chance(0.5) ? 2 : 1)
  const ms = faulty.world.daemons.length > 1 ? longMs : faulty.dice.int(500, 5_000)
  await victim.freeze(ms)
  return tell('freeze', `froze ${victim.name} for ${seconds(ms)}`)
}

async function remove({ world, dice, mayVanish }: Faulty): Promise<Done> {
  const format = '{{.ID}} {{.Label "io.drydock.workflow"}} {{.Label "io.drydock.container"}}'
  const rows = await world.docker('ps', '-a', '--filter', 'label=io.drydock.role=main', '--format', format)
  const fitting = rows.map((row) => row.split(' ')).filter(([, workflow = '']) => mayVanish(workflow))
  const [id, workflow, container] = dice.pick([fitting[0] ?? [], ...fitting.slice(1)])
  if (id === undefined) return tell('remove', 'no container to remove')
  await world.docker('rm', '-f', id).catch(() => [])
  return tell('remove', `removed ${container ?? ''} of ${workflow ?? ''}`)
}
