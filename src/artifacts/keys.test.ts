import { expect, it } from 'vitest'
import type { Artifact } from '../resources/index.ts'
import { appendToKey, artifactFileName, artifactKey, withKey } from './keys.ts'
import { completeLocation } from './location.ts'

const named: [Pick<Artifact, 'path' | 'archive'>, string][] = [
  [{ path: '/tmp/data.txt' }, 'out.tgz'],
  [{ path: '/tmp/data.txt', archive: { tar: {} } }, 'out.tgz'],
  [{ path: '/tmp/data.txt', archive: { zip: {} } }, 'out.zip'],
  [{ path: '/tmp/data.txt', archive: { none: {} } }, 'data.txt'],
  [{ path: '/tmp/folder/', archive: { none: {} } }, 'folder'],
  [{ archive: { none: {} } }, 'out'],
]
it.each(named)('names the file of %j %s', (artifact, name) => {
  expect(artifactFileName({ name: 'out', ...artifact })).toBe(name)
})
const located: [Partial<Artifact>, string | null][] = [
  [{ s3: { key: 'a' } }, 'a'],
  [{ azure: { endpoint: '', container: '', blob: 'b' } }, 'b'],
  [{ http: { url: 'http://x' } }, 'http://x'],
  [{ git: { repo: 'x' } }, null],
  [{}, null],
]
it.each(located)('finds the key of %j: %s', (location, key) => {
  expect(artifactKey({ name: 'a', ...location })).toBe(key)
})
it('puts a key and a subPath into the location that is there', () => {
  expect(withKey({ name: 'a', s3: { bucket: 'b', key: 'x' } }, 'y').s3).toEqual({ bucket: 'b', key: 'y' })
  expect(appendToKey({ name: 'a', gcs: { key: 'x/' } }, '/sub/file').gcs).toEqual({ key: 'x/sub/file' })
  expect(() => withKey({ name: 'a', git: { repo: 'x' } }, 'y')).toThrow('without a key')
})
it('completes a key from the repository of its kind, and leaves what is complete', () => {
  const repository = { s3: { bucket: 'b', endpoint: 'e', keyFormat: 'f' } }
  expect(completeLocation({ name: 'a', s3: { key: 'k' } }, repository).s3).toEqual({
    bucket: 'b',
    endpoint: 'e',
    key: 'k',
  })
  expect(completeLocation({ name: 'a', s3: { key: 'k', bucket: 'own' } }, repository).s3).toEqual({
    key: 'k',
    bucket: 'own',
  })
  expect(completeLocation({ name: 'a', gcs: { key: 'k' } }, repository).gcs).toEqual({ key: 'k' })
})
