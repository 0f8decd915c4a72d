"""Pages about proving who one is: second step of a sign-in, confirming before dangerous acts, one's own factors, a firm's rules."""
