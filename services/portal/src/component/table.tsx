import type { ComponentChildren, VNode } from 'preact';
import { classNames } from './class-names.js';

interface TableColumn {
  readonly header: ComponentChildren;
  /** Numbers stand at the right, under each other. */
  readonly numeric?: boolean;
}

export interface TableProps {
  /** What the table shows, for those who hear it before they see it. */
  readonly caption?: string;
  readonly captionSize?: 's' | 'm' | 'l' | 'xl';
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly ComponentChildren[])[];
  readonly firstCellIsHeader?: boolean;
  /** Where the window is narrow, each row becomes a block with the columns' headers (text only) beside its cells. */
  readonly stacked?: boolean;
}

export const Table = ({ caption, captionSize, columns, rows, firstCellIsHeader, stacked }: TableProps): VNode => (
  <table class={classNames('govuk-table', stacked && 'portal-table--stacked')}>
    {caption && (
      <caption class={classNames('govuk-table__caption', captionSize && `govuk-table__caption--${captionSize}`)}>
        {caption}
      </caption>
    )}
    <thead class="govuk-table__head">
      <tr class="govuk-table__row">
        {columns.map(({ header, numeric }, index) => (
          <th
            scope="col"
            class={classNames('govuk-table__header', numeric && 'govuk-table__header--numeric')}
            // oxlint-disable-next-line react/no-array-index-key -- rendered once
            key={index}
          >
            {header}
          </th>
        ))}
      </tr>
    </thead>
    <tbody class="govuk-table__body">
      {rows.map((cells, row) => (
        // oxlint-disable-next-line react/no-array-index-key -- rendered once
        <tr class="govuk-table__row" key={row}>
          {cells.map((cell, index) => {
            const column = columns[index];
            const label = stacked && typeof column?.header === 'string' ? column.header : undefined;
            return index === 0 && firstCellIsHeader ? (
              // oxlint-disable-next-line react/no-array-index-key -- rendered once
              <th scope="row" class="govuk-table__header" data-label={label} key={index}>
                {cell}
              </th>
            ) : (
              <td
                class={classNames('govuk-table__cell', column?.numeric && 'govuk-table__cell--numeric')}
                data-label={label}
                // oxlint-disable-next-line react/no-array-index-key -- rendered once
                key={index}
              >
                {cell}
              </td>
            );
          })}
        </tr>
      ))}
    </tbody>
  </table>
);
