/** Saves an endless object by the driver until it is killed: `ENDPOINT BUCKET KEY JOURNAL ACCESS SECRET`. */
import { setTimeout as pause } from 'node:timers/promises'
import { S3Driver } from '../s3-driver.ts'

const [endpoint = '', bucket = '', key = '', journal = '', access = '', secret = ''] = process.argv.slice(2)

async function* endless(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; ; sent++) {
    yield Buffer.alloc(1024 * 1024, 'half')
    if (sent === 40) process.stdout.write('under way\n')
    if (sent > 40) await pause(20)
  }
}

const location = {
  ...{ endpoint, bucket, key, insecure: true },
  accessKeySecret: { name: 's', key: 'access' },
  secretKeySecret: { name: 's', key: 'secret' },
}
await new S3Driver(journal).save({ name: 'out', s3: location }, key, endless(), {
  namespace: 'default',
  secrets: (_namespace, _name, wanted) => (wanted === 'access' ? access : secret),
})
