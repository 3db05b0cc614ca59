/** How long workflows of a controller that was killed have no owner: two daemons, a real Postgres, real containers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../scripts/postgres.ts'
import { Lines, NamedDaemon, linesOf } from '../test/e2e/controllers.fixtures/crew.ts'
import { sweep } from '../test/kill/engine.ts'

export type TakeOver = {
  /** From the kill until the other owns all of them. */
  readonly seconds: number
  readonly workflows: number
  /** Lines that were written twice or never. */
  readonly wrongLines: number
}

const steps = 4

export async function takeOver(count: number, takeOverAfter: string): Promise<TakeOver> {
  const server = await startPostgres()
  const lines = await Lines.begin()
  const instance = `bench-takeover-${process.pid}`
  const environment = {
    DATABASE_URL: server.url,
    DRYDOCK_INSTANCE: instance,
    DRYDOCK_STORE_SSL_MODE: 'disable',
    DRYDOCK_POLICY_HOST_PATHS: lines.folder,
    DRYDOCK_CONTROLLER_TAKE_OVER_AFTER: takeOverAfter,
  }
  const [a, b] = [await NamedDaemon.of('a', environment), await NamedDaemon.of('b', environment)]
  try {
    for (const one of [a, b]) one.daemon.spawn()
    await until(async () => (await a.controllers()).items.filter(({ isLive }) => isLive).length === 2)
    const names = Array.from({ length: count }, (_, index) => `taken-${index}`)
    await Promise.all(names.map((name) => a.submit(lines.workflow(name, steps, { seconds: '0.5' }))))
    await until(async () => (await lines.all()).length >= count)
    const ownedByA = async () => (await b.controllers()).items.find(({ name }) => name === 'a')?.workflows ?? 0
    const workflows = await ownedByA()
    const killedAt = performance.now()
    await a.daemon.kill()
    await until(async () => (await ownedByA()) === 0)
    const seconds = (performance.now() - killedAt) / 1000
    const isOver = (phase: string) => phase === 'Succeeded' || phase === 'Failed' || phase === 'Error'
    await until(async () => Object.values(await b.phases()).every(isOver))
    return { seconds, workflows, wrongLines: wrongOf(await lines.all(), names) }
  } finally {
    for (const one of [a, b]) await one.daemon.kill()
    server.stop()
    await sweep(instance)
    for (const one of [a, b]) await one.daemon.clear()
    await lines.clear()
  }
}

function wrongOf(written: readonly string[], names: readonly string[]): number {
  const times = Map.groupBy(written, (line) => line)
  const wanted = names.flatMap((name) => linesOf(name, steps))
  return wanted.filter((line) => times.get(line)?.length !== 1).length
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds().catch(() => false))) await sleep(20)
}
