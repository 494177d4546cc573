'use strict';
for (const input of document.querySelectorAll('input[data-filters]')) {
  const rows = document.getElementById(input.dataset.filters).tBodies[0].rows;
  const said = document.getElementById(input.dataset.filters + '-said');
  input.closest('[hidden]').hidden = false;
  input.addEventListener('input', () => {
    const text = input.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !row.textContent.toLowerCase().includes(text);
      shown += row.hidden ? 0 : 1;
    }
    said.textContent = text ? `${shown} of ${rows.length}` : '';
  });
}
