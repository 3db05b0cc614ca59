/**
 * docker-modem loads its SSH client at once, which takes some 15 MB and a tenth of a second; most engines are reached
 * without. Imported before docker-modem, this stands in for that part until it is called.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const path = require.resolve('docker-modem/lib/ssh.js')

function late(...options: readonly unknown[]): unknown {
  Reflect.deleteProperty(require.cache, path)
  const open = require(path) as (...options: readonly unknown[]) => unknown
  return open(...options)
}

if (require.cache[path] === undefined)
  require.cache[path] = Object.assign(Object.create(null) as NodeJS.Module, {
    id: path,
    path,
    filename: path,
    loaded: true,
    exports: late,
    children: [],
    paths: [],
  })
