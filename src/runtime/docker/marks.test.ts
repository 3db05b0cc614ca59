import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { podIdOf } from '../../resources/index.ts'
import { MarkFiles } from './marks.ts'

const folder = mkdtempSync(join(tmpdir(), 'drydock-marks-'))
const pods = join(folder, 'pods')
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('marks that find no place on the disk hold at once, and are written down as soon as there is one', async () => {
  const marks = new MarkFiles(folder)
  const pod = podIdOf('one.0')
  rmSync(pods, { recursive: true })
  writeFileSync(pods, 'no folder')
  marks.add(pod, { stopped: true })
  expect(marks.of(pod).stopped).toBe(true)
  rmSync(pods)
  mkdirSync(pods)
  await expect.poll(() => readdirSync(pods)).toEqual(['one.0.json'])
  expect(JSON.parse(readFileSync(join(pods, 'one.0.json'), 'utf8'))).toMatchObject({ stopped: true })
  writeFileSync(join(pods, 'two.0.json.part'), '{"sto')
  expect(new MarkFiles(folder).of(pod).stopped).toBe(true)
  expect(readdirSync(pods)).toEqual(['one.0.json'])
})
