package kept

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"wanmi/data"
	"wanmi/gis"
)

// A secret reads wm_ID_RANDOM: the id finds the row, the hash of the whole is compared.
const (
	secretMark  = "wm"
	secretBytes = 24
)

// UsedEvery is how coarse Key.LastUsed is.
const UsedEvery = time.Hour

// NewKey makes a key and its secret, which is kept nowhere; gis.Invalid for an unknown role.
func NewKey(role, name string, now time.Time) (secret string, k data.Key, err error) {
	if !data.RoleAllows(role, role) {
		return "", data.Key{}, gis.E(gis.Invalid, nil, "no role %q; the roles are %s", role, strings.Join(data.Roles(), " "))
	}
	id, random := make([]byte, 5), make([]byte, secretBytes)
	rand.Read(id) // never fails
	rand.Read(random)
	k = data.Key{ID: hex.EncodeToString(id), Name: name, Role: role, CreatedAt: now.UTC().Truncate(time.Millisecond)}
	secret = secretMark + "_" + k.ID + "_" + base64.RawURLEncoding.EncodeToString(random)
	k.Hash = hashSecret(secret)
	return secret, k, nil
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// SecretID returns the id of the key a secret may belong to.
func SecretID(secret string) (id string, ok bool) {
	parts := strings.SplitN(secret, "_", 3)
	if len(parts) != 3 || parts[0] != secretMark {
		return "", false
	}
	return parts[1], true
}

// Admits reports whether secret is that of k and k is not revoked.
func Admits(k data.Key, secret string) bool {
	same := subtle.ConstantTimeCompare([]byte(hashSecret(secret)), []byte(k.Hash)) == 1
	return same && k.RevokedAt.IsZero()
}

// Denied is the one answer to every secret that lets nobody in.
func Denied() error { return gis.E(gis.Denied, nil, "this key is not known or was revoked") }
