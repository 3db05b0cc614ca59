import { expect, it } from 'vitest'
import { closeAll } from './closing.ts'

it('ends what was opened, the newest first, and waits for each', async () => {
  const ended: string[] = []
  const ending = (name: string) => async () => {
    await new Promise(setImmediate)
    ended.push(name)
  }
  const closers = [ending('store'), ending('controller'), ending('folder')]
  await closeAll(closers, null)
  expect(ended).toEqual(['folder', 'controller', 'store'])
  expect(closers).toEqual([])
})

it('goes on where one waits for what only the next one lets go', async () => {
  const drained = Promise.withResolvers<void>()
  const ended: string[] = []
  const controller = () => {
    ended.push('controller')
    drained.resolve()
  }
  const folder = () => drained.promise.then(() => ended.push('folder'))
  await closeAll([() => drained.promise, controller, folder], 20)
  expect(ended).toEqual(['controller', 'folder'])
})

it('does not mind one that fails after its time', async () => {
  const failing = Promise.withResolvers<void>()
  await closeAll([() => failing.promise], 1)
  failing.reject(new Error('late'))
  await new Promise(setImmediate)
  await expect(closeAll([() => Promise.reject(new Error('at once'))], 1_000)).rejects.toThrow('at once')
})
