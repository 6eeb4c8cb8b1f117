/** The port that is taken where nobody names one, and it is free; a firewall's rule can name it then. */
export const usualPort = 47_470;
