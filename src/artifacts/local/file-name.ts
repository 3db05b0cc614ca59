/**
 * Names of files for keys. Any key has exactly one file: odd characters are written `%xx`, folders end in `.d`, so that
 * `a` and `a/b` can both be objects, and no key leads out of the directory.
 */
import { UserError } from '../../resources/index.ts'

/** S3's limit; also keeps paths below what Linux takes. */
const keyBytesMax = 1024
/** Linux takes 255 bytes a name; longer parts of a key go on in the next folder. */
const nameBytesMax = 200
const goesOn = '%-'
const emptyName = '%'

/** Names from the storage's directory down; the last is the file. */
export function fileOfKey(key: string): readonly string[] {
  const [last = emptyName, ...above] = encodeAll(key).toReversed()
  return [...above.toReversed().map((name) => `${name}.d`), last.replace(/\.d$/, '.%64')]
}

/** The folder that holds what is below the key. */
export const folderOfKey = (key: string): readonly string[] =>
  encodeAll(key.replace(/\/$/, '')).map((name) => `${name}.d`)

export const keyOfFile = (names: readonly string[]): string =>
  names
    .map((name, at) => (at < names.length - 1 ? name.slice(0, -2) : name))
    .map((name) => (name.endsWith(goesOn) ? decode(name.slice(0, -goesOn.length)) : `${decode(name)}/`))
    .join('')
    .slice(0, -1)

function encodeAll(key: string): string[] {
  if (Buffer.byteLength(key) > keyBytesMax) throw new UserError('ARTIFACT_KEY', `artifact key is too long: ${key}`)
  return key.split('/').flatMap(encode)
}

function encode(part: string): string[] {
  if (part === '') return [emptyName]
  if (/^\.+$/.test(part)) return [part.replaceAll('.', '%2e')]
  const characters = [...Buffer.from(part)].map((byte) => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9._@+=,~-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
  })
  const names: string[] = []
  let name = ''
  for (const character of characters) {
    if (name.length + character.length > nameBytesMax) {
      names.push(name + goesOn)
      name = ''
    }
    name += character
  }
  return [...names, name]
}

function decode(name: string): string {
  if (name === emptyName) return ''
  const bytes: number[] = []
  for (let at = 0; at < name.length; at++) {
    const hex = name[at] === '%' ? name.slice(at + 1, at + 3) : null
    bytes.push(hex === null ? name.charCodeAt(at) : parseInt(hex, 16))
    if (hex !== null) at += 2
  }
  return Buffer.from(bytes).toString('utf8')
}
