/** The official S3 client, as a module that is loaded only when an address of an object storage is used. */
export { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
