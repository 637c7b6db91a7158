// Dialogs of the live desk: what is asked before a deed, and lists to pick from by some letters and Enter.

/**
 * Ask with a dialog that holds a form.
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<Record<string, any> | null>} its values, null where it was called off
 */
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.onclose = () => done(dialog.returnValue === "go" ? Object.fromEntries(new FormData(dialog.querySelector("form"))) : null);
  });
}

/** A list to pick from; what was picked is told as it was clicked. */
export class Picker {
  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.field = dialog.querySelector("[type=search]");
    this.items = [...dialog.querySelectorAll(".menu-item")];
    this.field.addEventListener("input", () => this.narrow());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.items.find((item) => !item.hidden)?.click();
    });
  }

  open() {
    this.field.value = "";
    this.narrow();
    this.dialog.showModal();
  }

  close() {
    this.dialog.close();
  }

  narrow() {
    const words = this.field.value.trim().toLowerCase();
    for (const item of this.items) item.hidden = !item.textContent.toLowerCase().includes(words);
  }
}
