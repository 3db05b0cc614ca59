// A driver of Argo's artifact protocol in one file without a package, so that it runs in any image with Node 18 or
// later: objects lie as files in the folder ROOT. It writes its gRPC by hand; the other side is tested against this.
// Usage: node artifact-driver.mjs SOCKET
import { createServer, constants } from 'node:http2'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const socket = process.argv[2]
const root = process.env.ROOT ?? '/tmp/objects'

/** Keys become file names of one level, so that `a` and `a/b` may both be objects. */
const fileOf = (bucket, key) => join(root, encodeURIComponent(bucket), encodeURIComponent(key))

// ---- protobuf: only strings, bytes, bools, varints and one level of messages
function varint(value) {
  const bytes = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return Buffer.from([...bytes, value])
}
const textField = (number, text) => bytesField(number, Buffer.from(text))
const bytesField = (number, bytes) => Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
const boolField = (number, value) => (value ? Buffer.from([number * 8, 1]) : Buffer.alloc(0))

function fieldsOf(bytes) {
  const fields = new Map()
  let at = 0
  const number = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = number()
    const kind = tag % 8
    if (kind === 0) fields.set(Math.floor(tag / 8), number())
    else if (kind === 2) {
      const length = number()
      fields.set(Math.floor(tag / 8), bytes.subarray(at, at + length))
      at += length
    } else throw new Error(`field kind ${kind}`)
  }
  return fields
}

function artifactOf(bytes) {
  const plugin = fieldsOf(fieldsOf(bytes ?? Buffer.alloc(0)).get(5) ?? Buffer.alloc(0))
  const text = (number) => (plugin.get(number) ?? Buffer.alloc(0)).toString()
  return { name: text(1), configuration: text(2), key: text(4) }
}

// ---- storage
/** The bucket is the line `bucket: NAME` of the configuration. */
function placeOf(bytes) {
  const { configuration, key } = artifactOf(bytes)
  const bucket = /bucket:\s*(\S+)/.exec(configuration)?.[1]
  if (bucket === undefined) throw new Error('no bucket in the configuration')
  return { bucket, key }
}

function keysOf({ bucket, key }) {
  const folder = join(root, encodeURIComponent(bucket))
  const keys = existsSync(folder) ? readdirSync(folder).map(decodeURIComponent) : []
  const below = key.endsWith('/') ? key : `${key}/`
  return keys.filter((one) => one === key || one.startsWith(below)).sort()
}

function put({ bucket, key }, path) {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path)) put({ bucket, key: `${key}/${name}` }, join(path, name))
    return
  }
  const file = fileOf(bucket, key)
  mkdirSync(dirname(file), { recursive: true })
  cpSync(path, file)
}

const missing = ({ key }) => `artifact key ${key} not found`
const methods = {
  Load(fields) {
    const place = placeOf(fields.get(1))
    const path = fields.get(2).toString()
    const keys = keysOf(place)
    if (keys.length === 0) return [boolField(1, false), textField(2, missing(place))]
    for (const key of keys) {
      const target = key === place.key ? path : join(path, key.slice(place.key.length))
      if (key.endsWith('/')) mkdirSync(target, { recursive: true })
      else {
        mkdirSync(dirname(target), { recursive: true })
        cpSync(fileOf(place.bucket, key), target)
      }
    }
    return [boolField(1, true)]
  },
  Save(fields) {
    put(placeOf(fields.get(2)), fields.get(1).toString())
    return [boolField(1, true)]
  },
  Delete(fields) {
    const place = placeOf(fields.get(1))
    for (const key of keysOf(place)) rmSync(fileOf(place.bucket, key))
    return [boolField(1, true)]
  },
  ListObjects: (fields) => keysOf(placeOf(fields.get(1))).map((key) => textField(1, key)),
  IsDirectory(fields) {
    const place = placeOf(fields.get(1))
    return [boolField(1, !existsSync(fileOf(place.bucket, place.key)) && keysOf(place).length > 0)]
  },
}

function* opened(fields) {
  const place = placeOf(fields.get(1))
  const file = fileOf(place.bucket, place.key)
  if (!existsSync(file)) return yield [textField(3, missing(place))]
  const bytes = readFileSync(file)
  for (let at = 0; at < bytes.length; at += 65536) yield [bytesField(1, bytes.subarray(at, at + 65536))]
  yield [boolField(2, true)]
}

// ---- gRPC
const framed = (fields) => {
  const message = Buffer.concat(fields)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

const server = createServer()
server.on('stream', (stream, headers) => {
  const parts = []
  stream.on('error', () => {})
  stream.on('data', (part) => parts.push(part))
  stream.on('end', () => {
    const method = headers[':path'].split('/').pop()
    const trailers = { 'grpc-status': '0' }
    const answer = []
    try {
      const fields = fieldsOf(Buffer.concat(parts).subarray(5))
      if (method === 'OpenStream') for (const part of opened(fields)) answer.push(framed(part))
      else if (methods[method]) answer.push(framed(methods[method](fields)))
      else trailers['grpc-status'] = '12'
    } catch (error) {
      Object.assign(trailers, { 'grpc-status': '2', 'grpc-message': encodeURIComponent(error.message) })
    }
    if (stream.destroyed) return
    const status = { [constants.HTTP2_HEADER_STATUS]: 200, 'content-type': 'application/grpc' }
    stream.respond(status, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    for (const part of answer) stream.write(part)
    stream.end()
  })
})
rmSync(socket, { force: true })
server.listen(socket, () => chmodSync(socket, 0o777))
process.on('SIGTERM', () => process.exit(0))
