export { type LmdbRecords, type LmdbRecordsOptions, openLmdbRecords } from './open-lmdb-records.ts';
