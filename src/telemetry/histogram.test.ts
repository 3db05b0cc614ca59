import { Histogram as Known, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { Histogram } from './histogram.ts'

const written = async (kind: typeof Histogram | typeof Known, labelNames: string[]) => {
  const registry = new Registry()
  const histogram = new kind({
    name: 'waited_seconds',
    help: 'how long',
    labelNames,
    buckets: [0.1, 1, 10],
    registers: [registry],
  })
  const before = await registry.metrics()
  const values = [0, 0.1, 0.2, 1, 9.5, 10, 10.1, -1]
  for (const [index, value] of values.entries())
    histogram.observe(Object.fromEntries(labelNames.map((name) => [name, `${name}-${index % 3}`])), value)
  return `${before}${await registry.metrics()}`
}

it.each([[[]], [['queue']], [['queue', 'verb']]])(
  'is written out with labels %j as by prom-client',
  async (labelNames) => {
    const known = await written(Known, labelNames)
    expect(known).toContain('waited_seconds_bucket')
    expect(await written(Histogram, labelNames)).toBe(known)
  },
)

it('takes nothing that is not a number', () => {
  const histogram = new Histogram({ name: 'n', help: 'h', labelNames: [], buckets: [1], registers: [] })
  expect(() => histogram.observe({}, NaN)).toThrow('Value is not a valid number: NaN')
})
