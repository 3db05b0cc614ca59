/** Certificates of a test's own: an authority, a server on this machine and a client, made with openssl. */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type Certificates = {
  readonly folder: string
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
}

export async function makeCertificates(folder: string): Promise<Certificates> {
  await mkdir(folder, { recursive: true })
  const file = (name: string) => join(folder, name)
  const openssl = (...words: readonly string[]) => run('openssl', words, { cwd: folder })
  const newKey = ['-newkey', 'rsa:2048', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
    '-keyout',
    'ca-key.pem',
    '-out',
    'ca.pem',
  )
  const signed = async (name: string, extensions: string) => {
    await writeFile(file(`${name}.cnf`), extensions)
    await openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}-key.pem`, '-out', `${name}.csr`)
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial']
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...authority,
      '-days',
      '2',
      '-extfile',
      `${name}.cnf`,
      '-out',
      `${name}.pem`,
    )
    return { cert: file(`${name}.pem`), key: file(`${name}-key.pem`) }
  }
  const server = await signed('server', 'subjectAltName = DNS:localhost,IP:127.0.0.1\nextendedKeyUsage = serverAuth\n')
  const client = await signed('client', 'extendedKeyUsage = clientAuth\n')
  return { folder, ca: file('ca.pem'), server, client }
}
