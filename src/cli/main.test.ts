import { describe, expect, it } from 'vitest'
import { programOf } from './main.ts'

const verbsFor = async (...argv: string[]): Promise<string[]> =>
  (await programOf(argv)).commands.map((command) => command.name())

describe('the command line', () => {
  it('knows, for every verb of the whole program, the file that defines it', async () => {
    for (const verb of await verbsFor('--help')) expect(await verbsFor(verb)).toContain(verb)
  })

  it('loads only what defines the verb, wherever global flags stand', async () => {
    expect(await verbsFor('lint', 'up.yaml')).toEqual(['lint'])
    expect(await verbsFor('-n', 'test', '--server', 'up', '--no-color', 'eval', '1')).toEqual(['eval'])
  })

  it('loads all where nothing, help or an unknown verb is asked for', async () => {
    const all = await verbsFor('--help')
    expect(all.length).toBeGreaterThan(20)
    for (const argv of [[], ['help', 'lint'], ['subm'], ['--namespace=test']])
      expect(await verbsFor(...argv)).toEqual(all)
  })
})
