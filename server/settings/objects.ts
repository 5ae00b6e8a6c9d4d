import { isPlainAddress } from './address.ts'
import { flag, optional, refuse, setting, wholeNumber } from './setting.ts'

/** Where a bucket is, and what every key in it begins with. */
export interface Bucket {
  bucket: string
  /** Nothing, or something that ends in a slash. */
  prefix: string
}

function bucketOf(value: string): Bucket | ReturnType<typeof refuse> {
  const [, bucket, path = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w.-]+(?:\/[\w.-]+)*)?\/?)?$/.exec(value) ??
    []
  const isPlain = path.split('/').every((part) => !/^\.+$/.test(part)) && path.length <= 200
  if (bucket === undefined || !isPlain)
    return refuse('a bucket, such as s3://bucket or s3://bucket/prefix')
  return { bucket, prefix: path === '' ? '' : `${path}/` }
}

function endpointOf(value: string) {
  return isPlainAddress(value, /^https?:$/) && !value.includes('?')
    ? value
    : refuse('an http or https URL without credentials')
}

/** Where object files (exports, attachments) are kept, and for how long. */
export const OBJECT_SETTINGS = {
  objects: optional(
    'SELVEDGE_OBJECTS',
    bucketOf,
    'A bucket to keep exports and attachments in, as s3://bucket/prefix; otherwise they are files under SELVEDGE_HOME. Credentials are found where the tools of AWS find them.',
  ),
  s3Endpoint: optional(
    'SELVEDGE_S3_ENDPOINT',
    endpointOf,
    'The S3-compatible service of the bucket, where it is not AWS.',
  ),
  s3Region: setting(
    'SELVEDGE_S3_REGION',
    'us-east-1',
    (value) => (/^[a-z0-9-]{1,40}$/.test(value) ? value : refuse('a region such as eu-central-1')),
    'The region of the bucket.',
  ),
  s3PathStyle: setting(
    'SELVEDGE_S3_PATH_STYLE',
    'false',
    flag,
    "Whether the bucket stands in the path instead of the host name, as most S3 services of one's own want it.",
  ),
  exportDays: setting(
    'SELVEDGE_EXPORT_DAYS',
    '0',
    wholeNumber(0, 36_500),
    'After how many days `selvedge objects collect` deletes the file of an export; 0 keeps it for ever.',
  ),
  attachmentDays: setting(
    'SELVEDGE_ATTACHMENT_DAYS',
    '0',
    wholeNumber(0, 36_500),
    'After how many days `selvedge objects collect` deletes the file of an attachment; 0 keeps it for ever.',
  ),
} as const
