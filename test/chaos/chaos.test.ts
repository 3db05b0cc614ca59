import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { chaos } from './chaos.ts'

it('nothing is lost, doubled or left while daemon, engine, Postgres and disk fail under load', async () => {
  const said: string[] = []
  const outcome = await chaos({
    name: 'chaost',
    store: 'postgres',
    liveRestore: true,
    controllers: 0,
    seed: 42,
    counts: { kill: 4, term: 1, engine: 1, postgres: 1, disk: 1, pause: 1, freeze: 0, remove: 1 },
    live: 6,
    minutesMost: 2,
    keepIn: join(tmpdir(), 'drydock-chaos-kept'),
    say: (line) => void said.push(line),
  })
  expect(outcome.violations, `${said.join('\n')}\nkept in ${outcome.kept ?? ''}`).toEqual([])
  expect(outcome.lines).toBeGreaterThan(40)
  for (const count of Object.values(outcome.ways)) expect(count).toBeGreaterThan(3)
})
