/** placeholder replaced below */
import type { Scratch } from '../scratch.ts'
export class S3Driver {
  constructor(_scratch: Scratch) {}
}
