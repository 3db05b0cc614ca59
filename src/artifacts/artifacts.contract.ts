/** What every driver that can be written to promises; each one's test hands in how it is made. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Artifact } from '../resources/index.ts'
import { bytesOf, streamOf, textOf } from './artifacts.fixtures/trees.ts'
import type { ArtifactContext, ArtifactDriver } from './port.ts'

export type DriverUnderTest = {
  readonly driver: ArtifactDriver
  readonly context: ArtifactContext
  readonly artifactAt: (key: string) => Artifact
  readonly dispose: () => Promise<void>
}

export function driverContract(name: string, make: () => Promise<DriverUnderTest>): void {
  describe(`${name} keeps what every artifact driver promises`, () => {
    let under: DriverUnderTest
    beforeEach(async () => {
      under = await make()
    })
    afterEach(async () => {
      await under.dispose()
    })
    const save = (key: string, ...parts: (string | Uint8Array)[]) =>
      under.driver.save(under.artifactAt(key), key, streamOf(...parts), under.context)
    const open = async (key: string) => textOf(await under.driver.open(under.artifactAt(key), under.context))
    const list = async (key: string) =>
      (await under.driver.list(under.artifactAt(key), under.context)).map((found) => `${found.key} ${found.sizeBytes}`)

    it('gives back what was saved, with its size', async () => {
      await save('wf/pod/a.txt', 'one ', 'two')
      const stream = await under.driver.open(under.artifactAt('wf/pod/a.txt'), under.context)
      expect(stream?.sizeBytes).toBe(7)
      expect(await textOf(stream)).toBe('one two')
    })
    it('keeps empty content', async () => {
      await save('empty')
      expect(await open('empty')).toBe('')
    })
    it('has nothing where nothing was saved', async () => {
      expect(await open('nowhere/a')).toBeNull()
      expect(await list('nowhere')).toEqual([])
      expect(await under.driver.openKey(under.artifactAt('nowhere'), 'nowhere/a', under.context)).toBeNull()
    })
    it('replaces what is there', async () => {
      await save('a', 'first and longer')
      await save('a', 'second')
      expect(await open('a')).toBe('second')
    })
    it('tells a folder from an object: below, not beginning alike', async () => {
      await save('d/b', '1')
      await save('d/a/x', '22')
      await save('dd', '333')
      await save('d-e/x', '4')
      expect(await open('d')).toBeNull()
      expect(await list('d')).toEqual(['d/a/x 2', 'd/b 1'])
      expect(await list('d/')).toEqual(['d/a/x 2', 'd/b 1'])
      expect(await list('dd')).toEqual(['dd 3'])
      expect(await textOf(await under.driver.openKey(under.artifactAt('d'), 'd/a/x', under.context))).toBe('22')
    })
    it('keeps a mark for an empty folder', async () => {
      await save('d/')
      expect(await open('d')).toBeNull()
      expect(await list('d')).toEqual(['d/ 0'])
    })
    it.each(['wf/a b+c&d=ü%2F?#.txt', "it's (1), [x]{y}; $z", 'ends.d/with.d', 'a\\b:c*d'])(
      'takes odd characters in keys: %s',
      async (key) => {
        await save(key, 'x')
        expect(await open(key)).toBe('x')
        expect(await list(key)).toEqual([`${key} 1`])
        await under.driver.delete(under.artifactAt(key), under.context)
        expect(await open(key)).toBeNull()
      },
    )
    it('stores nothing when the content breaks off', async () => {
      async function* broken() {
        yield Buffer.alloc(100_000, 'x')
        throw new Error('broken off')
      }
      await expect(under.driver.save(under.artifactAt('a'), 'a', broken(), under.context)).rejects.toThrow('broken off')
      expect(await open('a')).toBeNull()
      await save('a', 'whole')
      await expect(under.driver.save(under.artifactAt('a'), 'a', broken(), under.context)).rejects.toThrow('broken off')
      expect(await open('a')).toBe('whole')
    })
    it('deletes an object and what is below it, and nothing else', async () => {
      await Promise.all([save('d/x', '1'), save('d/y/z', '2'), save('dd', '3'), save('e/d', '4')])
      await under.driver.delete(under.artifactAt('d'), under.context)
      await under.driver.delete(under.artifactAt('d'), under.context)
      expect(await list('d')).toEqual([])
      expect(await open('dd')).toBe('3')
      expect(await open('e/d')).toBe('4')
    })
    it('takes many megabytes in pieces', async () => {
      const piece = Buffer.alloc(1024 * 1024, 'abc')
      await save('big', ...Array.from({ length: 12 }, () => piece))
      const stream = await under.driver.open(under.artifactAt('big'), under.context)
      expect(stream?.sizeBytes).toBe(12 * piece.length)
      const back = stream ? await bytesOf(stream) : Buffer.alloc(0)
      expect(back.length).toBe(12 * piece.length)
      expect(back.subarray(11 * piece.length).equals(piece)).toBe(true)
    })
    it('stops when it is told to', async () => {
      const controller = new AbortController()
      async function* endless() {
        for (let i = 0; ; i++) {
          if (i === 20) controller.abort(new Error('told to stop'))
          yield Buffer.alloc(64 * 1024)
        }
      }
      const context = { ...under.context, signal: controller.signal }
      await expect(under.driver.save(under.artifactAt('a'), 'a', endless(), context)).rejects.toThrow()
      expect(await open('a')).toBeNull()
    })
  })
}
