"""The premium site: what happens when customers come in, wish, write, settle what they prefer, or leave for good."""
