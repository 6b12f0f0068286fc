/** In which trace a delivery was numbered, so that its relay goes on with it. Absent for most: traces are samples. */
export const deliveryTraces = {
  name: '0002-delivery-traces',
  sql: 'alter table deliveries add column traceparent text',
};
