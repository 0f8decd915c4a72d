"""What development and tests need around the product: embedded servers, a mailbox, a browser. Production imports none of it."""
