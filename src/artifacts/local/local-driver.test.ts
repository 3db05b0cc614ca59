import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { driverContract } from '../artifacts.contract.ts'
import { streamOf, textOf } from '../artifacts.fixtures/trees.ts'
import { Scratch } from '../scratch.ts'
import { LocalDriver } from './local-driver.ts'

const context = { namespace: 'default', secrets: () => null }
const artifactAt = (key: string) => ({ name: 'a', s3: { key } })

function make() {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-artifacts-'))
  const driver = new LocalDriver(join(directory, 'objects'), new Scratch(join(directory, 'passing')))
  const dispose = async () => {
    rmSync(directory, { recursive: true })
  }
  return { directory, driver, context, artifactAt, dispose }
}

driverContract('the local driver', async () => make())

it('lets a key be an object and a folder at once', async () => {
  const { driver, dispose } = make()
  await driver.save(artifactAt('a'), 'a', streamOf('object'), context)
  await driver.save(artifactAt('a'), 'a/b', streamOf('below'), context)
  expect(await textOf(await driver.open(artifactAt('a'), context))).toBe('object')
  expect((await driver.list(artifactAt('a'))).map(({ key }) => key)).toEqual(['a', 'a/b'])
  await dispose()
})
it('leaves nothing behind: no folders after a delete, no files in passing', async () => {
  const { directory, driver, dispose } = make()
  await driver.save(artifactAt('x'), 'x/y/z', streamOf('1'), context)
  await driver.delete(artifactAt('x/y/z'))
  expect(readdirSync(join(directory, 'objects'))).toEqual([])
  expect(readdirSync(join(directory, 'passing'))).toEqual([])
  await dispose()
})
it('saves and deletes side by side without disturbing each other', async () => {
  const { driver, dispose } = make()
  const rounds = Array.from({ length: 40 }, async (_, i) => {
    await driver.save(artifactAt('k'), `d/e/${i}`, streamOf('x'), context)
    await driver.delete(artifactAt(`d/e/${i}`))
  })
  await Promise.all(rounds)
  expect(await driver.list(artifactAt('d'))).toEqual([])
  await dispose()
})
